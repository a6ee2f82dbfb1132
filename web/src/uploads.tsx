import type { Project } from "@photodock/client";
import { useEffect, useRef, useState } from "preact/hooks";

import { Choice } from "./choice.js";
import { useDropTarget } from "./drop-target.js";
import { wordsOf } from "./failures.js";
import { alone, dropped, ofFolder, type Found } from "./files.js";
import { hashOf, useSnapshot, useWindowEvent } from "./hooks.js";
import { Overview } from "./overview.js";
import type { Session } from "./session.js";

interface Props {
  readonly session: Session;
  readonly projects: readonly Project[];
  readonly projectId: string;
  readonly hidden: boolean;
  readonly onSignedOut: () => void;
}

/** Where photos come in. Stays mounted beside a photo's page, so that uploads go on. */
export function Uploads({ session, projects, projectId, hidden, onSignedOut }: Props) {
  const { queue, intake } = session;
  const snapshot = useSnapshot(queue);
  const { storing, said } = useSnapshot(intake);
  const [unreadable, setUnreadable] = useState<string | null>(null);
  useEffect(() => {
    queue.start().catch((error: unknown) => {
      setUnreadable(`The list of uploads cannot be read: ${wordsOf(error)}`);
    });
    return queue.on("session", onSignedOut);
  }, [queue, onSignedOut]);
  const add = async (found: Found | Promise<Found>): Promise<void> => {
    await intake.add(found, projectId);
    // What waits here may be all there is of a photo: of the browser's camera, of a card that is wiped.
    void keepStorage();
  };
  const inPage = snapshot.items.some(({ origin, step }) => origin.kind === "page" && !ENDED.has(step));
  useStayQuestion(storing || inPage);
  const look = useLookingAt(hidden);
  const isOver = useDropTarget((transfer) => {
    void add(dropped(transfer));
    if (hidden) location.hash = hashOf(projectId);
    look();
  });
  const elsewhere = (id: string): string | null => (id === projectId ? null : nameOf(projects, id));
  return (
    <>
      {isOver && (
        <p class="curtain" aria-hidden="true">
          Drop to add the photos
        </p>
      )}
      <section class="uploads" aria-labelledby="uploads-title" hidden={hidden}>
        <h2 id="uploads-title">Add photos</h2>
        <div class="drop">
          <p class="wide">Drop photos or a folder anywhere on this page, or choose them:</p>
          <div class="choices">
            <Choice
              label="Camera"
              accept="image/jpeg"
              capture="environment"
              onFiles={(files) => void add(alone(files))}
            />
            {/* Both by name: an iPhone then makes a JPEG of each HEIC by itself. */}
            <Choice
              label="Photos"
              main
              accept="image/jpeg,image/png"
              multiple
              onFiles={(files) => void add(alone(files))}
            />
            <Choice label="Folder" webkitdirectory onFiles={(files) => void add(ofFolder(files))} />
          </div>
          <p class="quiet">JPEG and PNG. What was added survives a reload.</p>
        </div>
        {[unreadable, said].map(
          (sentence, place) =>
            sentence !== null && (
              <p key={place} class="notice" role="status">
                {sentence}
              </p>
            ),
        )}
        {inPage && (
          <p class="notice warm" role="status">
            This browser has no room to keep the photos. Leave this page open until they are sent.
          </p>
        )}
        {snapshot.items.length > 0 && <Overview session={session} snapshot={snapshot} elsewhere={elsewhere} />}
      </section>
    </>
  );
}

function nameOf(projects: readonly Project[], wanted: string): string {
  return projects.find(({ id }) => id === wanted)?.name ?? "another project";
}

/** To be called when there is something to see above: at once, or as soon as it is shown. */
function useLookingAt(hidden: boolean): () => void {
  const wanted = useRef(false);
  const look = (): void => {
    if (wanted.current && !hidden) scrollTo(0, 0);
    wanted.current &&= hidden;
  };
  useEffect(look, [hidden]);
  return () => {
    wanted.current = true;
    look();
  };
}

/** From `sent` on the service has it, or it has ended. */
const ENDED: ReadonlySet<string> = new Set(["sent", "processing", "completed", "failed", "cancelling"]);

/** Asks the browser to keep what is stored even when it runs short of space. */
async function keepStorage(): Promise<void> {
  if (!(await navigator.storage.persisted())) await navigator.storage.persist();
}

/** The browser asks before it leaves a page whose files are nowhere else yet. */
function useStayQuestion(wanted: boolean): void {
  useWindowEvent("beforeunload", (event) => {
    if (wanted) event.preventDefault();
  });
}
