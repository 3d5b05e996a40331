// static_files.hpp: files of a bundle's folder over HTTP. No state; any thread. Only names of [A-Za-z0-9._-] whose
// parts do not begin with a dot are looked up, so no path leads out of the folder; symbolic links in it are followed,
// because a build tree links its bundle together.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "http.hpp"

namespace hdhost {

// What follows the folder's route, without a leading slash. 404 when there is no such file; 304 when the request's
// If-None-Match names the file as it is.
HttpReply serve_file(const std::filesystem::path& folder, std::string_view name, const Head& head,
                     const std::string& content_security_policy);

// "default-src 'self'" and who may frame the page; connect_sources are added to 'self'.
std::string page_policy(const std::vector<std::string>& frame_ancestors,
                        const std::vector<std::string>& connect_sources = {});

}  // namespace hdhost
