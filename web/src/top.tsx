import type { Project } from "@photodock/client";
import type { RefObject } from "preact";

import { hashOf } from "./hooks.js";
import icon from "./icon.svg";

interface Props {
  readonly projects: readonly Project[];
  readonly projectId: string | null;
  readonly main: RefObject<HTMLElement>;
  readonly onLeave: (because: "asked") => void;
}

export function Top({ projects, projectId, main, onLeave }: Props) {
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the photos
      </a>
      <header class="top">
        <h1>
          <a href={hashOf(projectId)}>
            <img src={icon} alt="" width={28} height={28} />
            <span class="name">photodock</span>
          </a>
        </h1>
        {projects.length > 0 && (
          <label class="project">
            <span class="hidden">Project</span>
            <select
              value={projectId ?? ""}
              onChange={({ currentTarget }) => {
                location.hash = hashOf(currentTarget.value);
              }}
            >
              {projects.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        <button
          type="button"
          class="plain"
          onClick={() => {
            onLeave("asked");
          }}
        >
          Sign out
        </button>
      </header>
    </>
  );
}
