import type { HistoryItem } from "@photodock/client";

import { nameWords, STATUS_WORDS, timeWords } from "./words.js";

/** What became of the photo, oldest first. */
export function History({ lines }: { readonly lines: readonly HistoryItem[] }) {
  return (
    <section class="card past">
      <h3>History</h3>
      <ol class="history">
        {lines.map((line) => (
          <li key={`${line.at}${line.to}`} class={line.to}>
            <strong>{STATUS_WORDS[line.to]}</strong>
            <time dateTime={line.at}>{timeWords(line.at)}</time>
            {line.actor !== null && <span class="actor">by {line.actor}</span>}
            {line.reason !== null && <span>{nameWords(line.reason)}</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
