#include <helpdesk/plugin.h>
extern int plugin_header_is_whole;
int plugin_header_is_whole = (int)sizeof(hd_plugin);
