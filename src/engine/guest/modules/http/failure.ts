/** A request that cannot be made of what the script passed: k6 logs it and returns a response without a status. */
export class RequestFailure extends Error {}
