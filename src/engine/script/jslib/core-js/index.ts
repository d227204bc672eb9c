/** Scripts import core-js for what old engines lacked; this one has it all. */
export {};
