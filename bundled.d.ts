// Importing this module puts the addon for each processor into the program's bundle, where every other entry of
// the package uses it. docs/bundlers.md has the options of each bundler. It exports nothing.
export {}
