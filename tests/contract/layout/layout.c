#include <helpdesk/host.h>
#include <helpdesk/plugin.h>
#include <stdio.h>

size_t layout_in_c(char* text, size_t size);
#define LAYOUT_FUNCTION layout_in_c
#include "layout.inc"
