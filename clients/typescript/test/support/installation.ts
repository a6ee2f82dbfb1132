/** The running system that tests/acceptance/clients has started. */
export interface Installation {
  readonly baseUrl: string;
  readonly projectId: string;
  readonly token: string;
  readonly expiredToken: string;
  /** Where a page may be served from. */
  readonly pageOrigin: string;
  readonly chromium: string;
}

export function installation(): Installation {
  return {
    baseUrl: variable("PHOTODOCK_TEST_URL"),
    projectId: variable("PHOTODOCK_TEST_PROJECT"),
    token: variable("PHOTODOCK_TEST_TOKEN"),
    expiredToken: variable("PHOTODOCK_TEST_EXPIRED_TOKEN"),
    pageOrigin: variable("PHOTODOCK_TEST_PAGE_ORIGIN"),
    chromium: variable("PHOTODOCK_TEST_CHROMIUM"),
  };
}

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run \`make test-client\`.`);
  return value;
}
