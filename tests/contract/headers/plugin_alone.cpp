#include <helpdesk/plugin.h>
extern int plugin_header_is_whole_in_cpp;
int plugin_header_is_whole_in_cpp = static_cast<int>(sizeof(hd_plugin));
