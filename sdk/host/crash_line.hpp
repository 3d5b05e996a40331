// crash_line.hpp: for a program of our own that hosts plugins. A process cannot outlive a crash of the code in it, but
// its last line can name the handler. Never for the embedding library: signals belong to the embedder there.
#pragma once

namespace helpdesk {

// From now on a fatal signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) writes one line to standard error, with what of
// the plugin ran on that thread, and then ends the process as it would have. A signal that has a handler already, a
// sanitizer's for instance, is left alone. `program` must live as long as the process. `save` is called ahead of that
// line, in the signal handler, for what a log has gathered.
void write_line_at_crash(const char* program, void (*save)() = nullptr);

}  // namespace helpdesk
