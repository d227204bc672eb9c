// What k6 v2.2 measured on this kind of machine, where K6_BIN is not given: relative to peers, or plain figures.
export const k6Figures = {
  ofAutocannon: 0.19,
  ofWrk: 0.09,
  cpuMsPer1000At2000: 168,
  memoryMb1000: 300,
  memoryMb5000: 1400,
  startMs: 40,
  latencyExtraP50: [0.15, 0.38],
  latencyExtraP99: [3.5, 6],
};
