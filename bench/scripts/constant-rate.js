// The throughput script's work at a fixed rate: RATE requests a second for SECONDS.
import exercise, { handleSummary } from './throughput.js';

export const options = {
  scenarios: {
    load: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.VUS || 50),
    },
  },
};
export default exercise;
export { handleSummary };
