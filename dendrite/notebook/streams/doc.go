// Package streams is imported by the program of every cell. Its init connects the
// program's standard output and standard error with the kernel: GoNB reads them in
// pieces of 32 KiB and damages a character that lies across two pieces. The standard
// input is empty: in GoNB reading it would never end.
package streams
