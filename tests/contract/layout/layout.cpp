#include <helpdesk/host.h>
#include <helpdesk/plugin.h>

#include <cstddef>
#include <cstdio>

extern "C" size_t layout_in_cpp(char* text, size_t size);
#define LAYOUT_FUNCTION layout_in_cpp
#include "layout.inc"
