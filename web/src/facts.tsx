import type { Photo } from "@photodock/client";

import { PositionMap } from "./map.js";
import {
  directionOf,
  exifRows,
  measuredRows,
  nameWords,
  positionOf,
  resultRows,
  sizeWords,
  uprightSizeOf,
  type Row,
} from "./words.js";

/** All that is known of a photo. */
export function Facts({ photo }: { readonly photo: Photo }) {
  const position = positionOf(photo);
  const { detection } = photo;
  const results = resultRows(detection.results);
  const exif = exifRows(photo.exif_data ?? {});
  const measured = measuredRows(photo.client_metadata ?? {});
  const size = uprightSizeOf(photo);
  const file: Row[] = [
    ["Name", photo.file_name],
    ["Type", photo.mime_type],
    ["Size", sizeWords(photo.file_size)],
    ...(size ? [["Dimensions", `${String(size.width)} × ${String(size.height)}`] as const] : []),
    ["Id", photo.id],
  ];
  return (
    <div class="facts">
      {position && (
        <section class="card">
          <h3>Position</h3>
          <PositionMap position={position} direction={directionOf(photo)} />
        </section>
      )}
      <section class="card">
        <h3>Detection</h3>
        <Table rows={results.length > 0 ? results : [["Status", nameWords(detection.status)]]} />
      </section>
      <section class="card">
        <h3>EXIF</h3>
        {exif.length > 0 ? <Table rows={exif} /> : <p class="quiet">{noExifWords(photo)}</p>}
      </section>
      {measured.length > 0 && (
        <section class="card">
          <h3>Measured by the app</h3>
          <Table rows={measured} />
        </section>
      )}
      <section class="card">
        <h3>File</h3>
        <Table rows={file} />
      </section>
    </div>
  );
}

function noExifWords({ uploaded_at }: Photo): string {
  return uploaded_at === null ? "Not known before the photo is here." : "The photo carries none.";
}

function Table({ rows }: { readonly rows: readonly Row[] }) {
  return (
    <table>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
