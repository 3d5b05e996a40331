#include <helpdesk/plugin.hpp>
static_assert(sizeof(hd::Call) == sizeof(void*), "a Call is a view");
