import {
  Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from "@grpc/grpc-js";
import type { Admission, FaultGate } from "./fault-gate.ts";

/** The service's full name, which is also its name in the health service. */
export const generatorName = "sluice.lab.v1.Generator";

type Pass = Extract<Admission, { kind: "passed" }>;

/** What the gate said, from the interceptor to the method; the metadata object is what both of them get to see. */
export const passes = new WeakMap<Metadata, Pass>();

/**
 * Every call of every service stops at the gate first, and says who served it: in the initial metadata, or, for a call that
 * fails before its first message, in the one block of headers that is all there is (a trailers-only answer).
 */
export function gateInterceptor(gate: FaultGate, servedBy: string): ServerInterceptor {
  return (method, call) => {
    const gone = new AbortController();
    const visit = {
      path: method.path,
      remote: call.getConnectionInfo().remoteAddress ?? "",
      generates: method.path.startsWith(`/${generatorName}/`),
    };
    let hasMetadata = false;
    const fail = (code: status, details: string): void =>
      intercepting.sendStatus({ code, details, metadata: new Metadata() });
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        gate.pass(visit, gone.signal).then(
          (admission) => {
            if (admission.kind === "failed") return fail(status.UNAVAILABLE, admission.message);
            passes.set(metadata, admission);
            next(metadata);
          },
          () => fail(status.CANCELLED, "the caller left"),
        );
      })
      .withOnCancel(() => gone.abort())
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendMetadata((metadata, next) => {
        hasMetadata = true;
        metadata.set("x-served-by", servedBy);
        next(metadata);
      })
      .withSendStatus((outcome, next) => {
        const metadata = outcome.metadata instanceof Metadata ? outcome.metadata : new Metadata();
        if (!hasMetadata) metadata.set("x-served-by", servedBy);
        next({ ...outcome, metadata });
      })
      .build();
    const intercepting = new ServerInterceptingCall(call, responder);
    return intercepting;
  };
}
