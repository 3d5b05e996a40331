#include <helpdesk/host.h>
extern int host_header_is_whole_in_cpp;
int host_header_is_whole_in_cpp = static_cast<int>(sizeof(hd_host_options));
