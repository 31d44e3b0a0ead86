// Importing it is all: it patches os.networkInterfaces and gives nothing.
export {}
