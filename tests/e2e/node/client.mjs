// A client of Segue that knows nothing but its protos.
//
//   node client.mjs ADDRESS PROTO_FOLDER[:PROTO_FOLDER...] AUDIO_FILE...
//
// Uploads the files, watches their job, searches, and provokes errors; prints what it saw as JSON.

import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { promisify } from "node:util";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const UPLOAD_CHUNK_BYTES = 64 * 1024;
const DEADLINE_SECONDS = 60;

const [address, protoFolders, ...files] = process.argv.slice(2);

const definition = protoLoader.loadSync(
  [
    "segue/v1/similarity_service.proto",
    "segue/v1/catalog_service.proto",
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
  ],
  { includeDirs: protoFolders.split(":"), longs: Number, enums: String, defaults: true, oneofs: true },
);
const { segue } = grpc.loadPackageDefinition(definition);
const credentials = grpc.credentials.createInsecure();
const similarity = new segue.v1.SimilarityService(address, credentials);
const catalog = new segue.v1.CatalogService(address, credentials);

const deadline = () => ({ deadline: Date.now() + DEADLINE_SECONDS * 1000 });

function call(client, method, request) {
  return promisify(client[method].bind(client))(request, new grpc.Metadata(), deadline());
}

function upload(file, jobId) {
  const name = basename(file).replace(/\.[^.]*$/, "");
  return new Promise((resolve, reject) => {
    const stream = catalog.uploadTrack(new grpc.Metadata(), deadline(), (error, response) =>
      error ? reject(error) : resolve(response),
    );
    stream.write({
      header: {
        trackId: name,
        fileName: basename(file),
        jobId,
        metadata: { title: name, genres: [name.split("-")[0]] },
      },
    });
    const bytes = readFileSync(file);
    for (let start = 0; start < bytes.length; start += UPLOAD_CHUNK_BYTES) {
      stream.write({ data: bytes.subarray(start, start + UPLOAD_CHUNK_BYTES) });
    }
    stream.end();
  });
}

async function watch(jobId) {
  const seen = [];
  for await (const message of catalog.watchIngest({ jobId }, new grpc.Metadata(), deadline())) {
    seen.push(message);
  }
  return { messages: seen.length, last: seen.at(-1).job };
}

async function refused(promise) {
  try {
    await promise;
  } catch (error) {
    const [bytes] = error.metadata.get("grpc-status-details-bin");
    const status = definition["google.rpc.Status"].deserialize(bytes);
    const details = {};
    for (const { type_url: typeUrl, value } of status.details) {
      const name = typeUrl.split("/").pop();
      details[name] = definition[name].deserialize(value);
    }
    return { code: grpc.status[error.code], message: status.message, details };
  }
  throw new Error("a call that must be refused succeeded");
}

const search = (request) => call(similarity, "searchSimilarTracks", request);

let jobId = "";
const uploads = [];
for (const file of files) {
  const uploaded = await upload(file, jobId);
  jobId = uploaded.jobId;
  uploads.push(uploaded);
}
const watched = await watch(jobId);
const seed = { trackId: uploads[0].trackId };
const genre = uploads[0].trackId.split("-")[0];
const clip = { audio: readFileSync(files[1]), startSeconds: 0.5, lengthSeconds: 5.5 };
const firstPage = await search({ seed, pageSize: 1 });

console.log(
  JSON.stringify({
    uploads,
    watched,
    similar: await search({ seed, filter: { genres: { noneOf: ["nothing"] } } }),
    filtered: await search({ seed, filter: { genres: { anyOf: [genre, "polka"] } } }),
    pages: [firstPage, await search({ seed, pageSize: 1, pageToken: firstPage.nextPageToken })],
    clip: await search({ seed: { clip }, pageSize: 1 }),
    mixed: await search({ seed, mix: { weight: 1, scores: [{ trackId: uploads.at(-1).trackId, score: 7 }] } }),
    facets: await call(catalog, "listFacets", {}),
    unknownTrack: await refused(search({ seed: { trackId: "nobody" } })),
    wrongWeight: await refused(search({ seed, mix: { weight: 2 } })),
    emptyIngest: await refused(call(catalog, "ingestTracks", { items: [] })),
  }),
);
similarity.close();
catalog.close();
