// plugin_entry.hpp: maps a plugin's shared object and checks its description against the manifest. The object stays
// mapped for ever, and the description is the plugin's own constant data. One thread at a time.
#pragma once

#include <helpdesk/plugin.h>

#include "manifest.hpp"
#include "result.hpp"

namespace helpdesk {

// The description, complete and equal to the manifest in id and version. A refusal names the library, what was
// expected and what was found.
result<const hd_plugin*> load_entry(const Manifest& manifest);

}  // namespace helpdesk
