import { useState } from "preact/hooks";

interface Props {
  readonly ended: boolean;
  readonly onToken: (token: string) => void;
}

export function SignIn({ ended, onToken }: Props) {
  const [token, setToken] = useState("");
  return (
    <main class="signin">
      <h1>photodock</h1>
      {ended && (
        <p class="notice bad" role="alert">
          The token was not accepted: it has ended, or is not of this service. Sign in with another one.
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") onToken(token.trim());
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
          aria-describedby="token-help"
          onInput={({ currentTarget }) => {
            setToken(currentTarget.value);
          }}
        />
        <p id="token-help" class="quiet">
          Your administrator gives you one; <code>photodock up</code> prints an address that has one in it. It stays in
          this tab and is forgotten with it.
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
