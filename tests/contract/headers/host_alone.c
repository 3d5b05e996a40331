#include <helpdesk/host.h>
extern int host_header_is_whole;
int host_header_is_whole = (int)sizeof(hd_host_options);
