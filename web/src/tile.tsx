import type { Photo } from "@photodock/client";
import { Component } from "preact";

import type { Chosen } from "./grid.js";
import type { Library } from "./library.js";
import { Badge, Picture } from "./thumbnail.js";
import { cameraOf, coordinateWords, positionOf, takenAt } from "./words.js";

interface Props {
  readonly photo: Photo;
  readonly width: number;
  readonly x: number;
  readonly y: number;
  readonly place: number;
  readonly count: number;
  /** The one in the tab order. */
  readonly active: boolean;
  readonly onFocus: (chosen: Chosen) => void;
  readonly library: Library;
}

/** A class, because only a class may say that nothing has changed: scrolling then draws the new rows alone. */
export class Tile extends Component<Props> {
  private tried = false;

  override shouldComponentUpdate(next: Readonly<Props>): boolean {
    return (Object.keys(next) as (keyof Props)[]).some((name) => next[name] !== this.props[name]);
  }

  private readonly pictureFailed = (): void => {
    const { library, photo } = this.props;
    if (!this.tried) library.refresh(photo.id);
    this.tried = true;
  };

  override render({ photo, width, x, y, place, count, active, onFocus }: Props) {
    const position = positionOf(photo);
    const facts = [cameraOf(photo) ?? "No camera data", takenAt(photo), position && coordinateWords(position)];
    return (
      <li
        class="tile"
        style={{ width: `${String(width)}px`, transform: `translate(${String(x)}px, ${String(y)}px)` }}
        aria-posinset={place}
        aria-setsize={count}
        data-photo={photo.id}
        data-status={photo.status}
      >
        <a
          href={`#/photos/${photo.id}`}
          tabIndex={active ? 0 : -1}
          onFocus={() => {
            onFocus({ id: photo.id, focused: false });
          }}
        >
          <span class="frame">
            <Picture photo={photo} rendition="thumbnail" alt="" onFailure={this.pictureFailed} />
            <Badge status={photo.status} />
          </span>
          <span class="caption">
            <strong title={photo.file_name}>{photo.file_name}</strong>
            {facts.map((fact) => fact && <span key={fact}>{fact}</span>)}
          </span>
        </a>
      </li>
    );
  }
}
