import { useState } from "preact/hooks";

import { useTitle } from "./hooks.js";
import icon from "./icon.svg";

/** Why a token was not accepted. */
export type Refusal = "expired" | "unknown";

interface Props {
  readonly refusal: Refusal | null;
  /** Files were still being taken in. */
  readonly interrupted: boolean;
  readonly onToken: (token: string) => void;
}

const REFUSAL_WORDS: Readonly<Record<Refusal, string>> = {
  expired: "Your token has expired. Get a new one from where you had it. Photos that wait to be sent are kept.",
  unknown: "The token was not accepted. Copy it once more, whole: it may be cut off, or belong to another service.",
};

export function SignIn({ refusal, interrupted, onToken }: Props) {
  const [token, setToken] = useState("");
  useTitle("Sign in");
  return (
    <main class="signin">
      <h1>
        <img src={icon} alt="" width={40} height={40} />
        photodock
      </h1>
      {refusal && (
        <p id="refusal" class="notice bad" role="alert">
          {REFUSAL_WORDS[refusal]}
        </p>
      )}
      {interrupted && (
        <p class="notice warm" role="status">
          Not all of your last photos were taken in. Sign in and add them again: none is sent twice.
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // A token has no spaces; the breaks of a terminal's lines come along when one is copied.
          const given = token.replace(/\s/g, "");
          if (given !== "") onToken(given);
        }}
      >
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          value={token}
          aria-describedby={refusal ? "refusal token-help" : "token-help"}
          aria-invalid={refusal !== null}
          onInput={({ currentTarget }) => {
            setToken(currentTarget.value);
          }}
        />
        <button type="submit" class="primary">
          Sign in
        </button>
        <p id="token-help" class="quiet">
          Your administrator gives you one; <code>photodock up</code> prints an address that has one in it. It stays in
          this tab and is forgotten with it.
        </p>
      </form>
    </main>
  );
}
