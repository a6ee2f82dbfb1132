import { useCallback, useEffect, useMemo, useState } from "preact/hooks";

import { Console } from "./console.js";
import { useWindowEvent } from "./hooks.js";
import { forgetToken, givenToken, hasExpired, keepToken, Session } from "./session.js";
import { SignIn, type Refusal } from "./signin.js";

const INITIAL = givenToken();

export function App() {
  const [token, setToken] = useState(INITIAL);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [interrupted, setInterrupted] = useState(false);
  const session = useMemo(() => (token === null ? null : new Session(token)), [token]);
  const leave = useCallback(
    (because: "asked" | "refused") => {
      forgetToken();
      setRefusal(because === "asked" ? null : token !== null && hasExpired(token) ? "expired" : "unknown");
      setInterrupted(session?.intake.getSnapshot().storing ?? false);
      setToken(null);
    },
    [token, session],
  );
  useEffect(() => () => session?.end(), [session]);
  // An address with a token, pasted where the page is open already, loads nothing anew.
  useWindowEvent("hashchange", () => {
    if (!new URLSearchParams(location.hash.slice(1)).has("token")) return;
    setToken(givenToken());
    // The address was put right, which no event tells.
    dispatchEvent(new HashChangeEvent("hashchange"));
  });
  if (session) return <Console key={session.token} session={session} onLeave={leave} />;
  return (
    <SignIn
      refusal={refusal}
      interrupted={interrupted}
      onToken={(given) => {
        keepToken(given);
        setToken(given);
      }}
    />
  );
}
