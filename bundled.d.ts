// Importing this module puts the addon for each processor into the program's bundle. Every other entry of the package
// then uses it. docs/bundlers.md has the configuration for each bundler. It exports nothing.
export {}
