// Importing this module patches os.networkInterfaces. It exports nothing.
export {}
