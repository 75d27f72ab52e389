// A server of the shop that sends a visit by Segment's client: node shop.cjs HOST < visit.json
const { readFileSync } = require("node:fs");
const { Analytics } = require("@segment/analytics-node");

const analytics = new Analytics({ writeKey: "w", host: process.argv[2], maxRetries: 20 });
analytics.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
for (const { call, ...fields } of JSON.parse(readFileSync(0, "utf-8"))) {
  analytics[call](fields);
}
analytics.closeAndFlush();
