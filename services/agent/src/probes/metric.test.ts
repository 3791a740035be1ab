import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { samplesOf } from "./metric.ts";

const text = `# HELP llm_d_epp_ready_endpoints Endpoints that are ready.
# TYPE llm_d_epp_ready_endpoints gauge
llm_d_epp_ready_endpoints{name="chat"} 3
llm_d_epp_ready_endpoints{name="embed", zone="a\\"b\\\\c"} 2 1712345678901
llm_d_epp_ready_endpoints_total{name="chat"} 9
llm_d_epp_ready_endpoints 1
llm_d_epp_ready_endpoints{name="broken} 7
llm_d_epp_ready_endpoints{name="word"} many
queue +Inf
`;

test("samples of one metric, with their labels, and of no other", () => {
  const found = samplesOf(text, "llm_d_epp_ready_endpoints");
  assert.deepEqual(
    found.map(({ labels, value }) => [Object.fromEntries(labels), value]),
    [
      [{ name: "chat" }, 3],
      [{ name: "embed", zone: 'a"b\\c' }, 2],
      [{}, 1],
    ],
  );
  assert.deepEqual(samplesOf(text, "queue"), [{ labels: new Map(), value: Number.POSITIVE_INFINITY }]);
  assert.deepEqual(samplesOf(text, "absent"), []);
});

test("whatever a server sends, it is read to its end", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom("m", "{", "}", 'a="', '"', "\\", ",", " 1", "\n"))),
      (pieces) => {
        for (const { value } of samplesOf(`m${pieces.join("")}`, "m")) assert.equal(typeof value, "number");
      },
    ),
  );
});
