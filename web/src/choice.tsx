import { useRef } from "preact/hooks";

interface ChoiceProps {
  readonly label: string;
  readonly onFiles: (files: File[]) => void;
  readonly main?: boolean;
  readonly accept?: string;
  readonly multiple?: boolean;
  readonly capture?: "environment";
  readonly webkitdirectory?: boolean;
}

/** A button in place of the browser's own input, which no style sheet reaches. */
export function Choice({ label, onFiles, main = false, ...input }: ChoiceProps) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        {...input}
        ref={field}
        type="file"
        hidden
        aria-label={label}
        onChange={({ currentTarget }) => {
          const files = [...(currentTarget.files ?? [])];
          // Else the same file again would be no change.
          currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
      <button type="button" class={main ? "primary" : ""} onClick={() => field.current?.click()}>
        {label}
      </button>
    </>
  );
}
