/** The host as the guest uses it. */
import type { SampleSink } from '../../contracts/metrics.ts';
import type { VuHost } from '../../contracts/host.ts';

/**
 * The host behind functions of this realm that never let an exception of the host's realm through: the one kind it can
 * throw is a stack overflow, provoked by a script that calls near the end of its stack.
 * @param enter called before the host's callbacks run code of the VU
 */
export function facadeOf(host: VuHost, enter: () => void): VuHost {
  const samples: SampleSink = {
    add: (metric, value, tags, time, metadata) => {
      try {
        host.samples.add(metric, value, tags, time, metadata);
      } catch {
        overflow();
      }
    },
    check: (group, name, passed) => {
      try {
        host.samples.check(group, name, passed);
      } catch {
        overflow();
      }
    },
    group: (path) => {
      try {
        host.samples.group(path);
      } catch {
        overflow();
      }
    },
  };
  return {
    tagSpace: host.tagSpace,
    samples,
    metric: (name, type, contains) => guarded(() => host.metric(name, type, contains)),
    now: () => guarded(() => host.now()),
    log: (level, message, source) => {
      guarded(() => {
        host.log(level, message, source);
      });
    },
    call: (op, arg) => guarded(() => host.call(op, arg)),
    begin: (op, arg, done) =>
      guarded(() =>
        host.begin(op, arg, (outcome) => {
          enter();
          done(outcome);
        }),
      ),
    cancel: (id) => {
      guarded(() => {
        host.cancel(id);
      });
    },
    blockThread: (op, arg) => guarded(() => host.blockThread(op, arg)),
  };
}

function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch {
    return overflow();
  }
}

function overflow(): never {
  throw new RangeError('Maximum call stack size exceeded');
}
