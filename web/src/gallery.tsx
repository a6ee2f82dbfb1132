import type { PhotoStatus } from "@photodock/client";

import { Grid } from "./grid.js";
import { hashOf, useOnline, useSnapshot, useTitle } from "./hooks.js";
import type { Library } from "./library.js";
import { STATUS_WORDS, STATUSES } from "./words.js";

interface Props {
  readonly library: Library;
  /** The project's name. */
  readonly title: string;
  readonly projectId: string;
  readonly status: PhotoStatus | null;
  readonly hidden: boolean;
  /** The photo that was looked at last. */
  readonly opened: string | null;
}

export function Gallery({ library, title, projectId, status, hidden, opened }: Props) {
  const { photos, loading, complete, error } = useSnapshot(library);
  const online = useOnline();
  useTitle(hidden ? null : title);
  return (
    <section class="gallery" aria-labelledby="gallery-title" hidden={hidden}>
      <div class="bar">
        <h2 id="gallery-title">Photos</h2>
        <label class="filter">
          <span>Status</span>
          <select
            value={status ?? ""}
            onChange={({ currentTarget }) => {
              const wanted = STATUSES.find((one) => one === currentTarget.value) ?? null;
              location.replace(hashOf(projectId, wanted));
            }}
          >
            <option value="">All</option>
            {STATUSES.map((one) => (
              <option key={one} value={one}>
                {STATUS_WORDS[one]}
              </option>
            ))}
          </select>
        </label>
        {/* The whole name stands in the menu above, too. */}
        <p class="quiet" title={title}>
          {title}
        </p>
      </div>
      {/* Of being offline the page tells already. */}
      {error !== null && online && (
        <p class="notice bad" role="alert">
          {error}{" "}
          <button type="button" class="plain" onClick={() => void library.reload()}>
            Try again
          </button>
        </p>
      )}
      <Grid photos={photos} library={library} loading={loading} hidden={hidden} opened={opened} />
      {complete && photos.length === 0 && <Empty status={status} />}
      <p class="quiet" role="status">
        {loading && error === null && photos.length === 0 && "Loading …"}
        {complete && photos.length > 0 && countWords(photos.length)}
      </p>
    </section>
  );
}

function Empty({ status }: { readonly status: PhotoStatus | null }) {
  return (
    <div class="empty">
      <svg viewBox="0 0 48 48" aria-hidden="true">
        <path d="M8 10h32v28H8zM8 32l10-10 8 8 5-5 9 9M31 18h.01" />
      </svg>
      <p>{status ? "No photo has this status." : "No photos yet. Add the first ones above."}</p>
    </div>
  );
}

function countWords(count: number): string {
  return count === 1 ? "1 photo" : `${count.toLocaleString("en")} photos`;
}
