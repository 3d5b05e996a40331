#include "static_files.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "json_file.hpp"
#include "problem.hpp"

namespace hdhost {
namespace {

constexpr std::size_t max_file_bytes = 8 * 1024 * 1024;

bool is_safe(std::string_view name) {
  if (name.empty() || name.size() > 512 || name.front() == '/' || name.back() == '/') return false;
  char before = '/';
  for (const char c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain && c != '.' && c != '/') return false;
    if (before == '/' && (c == '.' || c == '/')) return false;
    before = c;
  }
  return true;
}

std::string_view content_type_of(const std::filesystem::path& file) {
  static constexpr std::pair<std::string_view, std::string_view> types[] = {{".js", "text/javascript; charset=utf-8"},
                                                                            {".mjs", "text/javascript; charset=utf-8"},
                                                                            {".css", "text/css; charset=utf-8"},
                                                                            {".html", "text/html; charset=utf-8"},
                                                                            {".json", "application/json"},
                                                                            {".svg", "image/svg+xml"},
                                                                            {".png", "image/png"},
                                                                            {".webp", "image/webp"},
                                                                            {".ico", "image/x-icon"},
                                                                            {".woff2", "font/woff2"},
                                                                            {".txt", "text/plain; charset=utf-8"},
                                                                            {".md", "text/plain; charset=utf-8"},
                                                                            {".map", "application/json"}};
  const std::string extension = file.extension().string();
  for (const auto& [known, type] : types) {
    if (extension == known) return type;
  }
  return "application/octet-stream";
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
  return if_none_match == "*" || if_none_match.find(tag) != std::string_view::npos;
}

}  // namespace

HttpReply serve_file(const std::filesystem::path& folder, std::string_view name, const Head& head,
                     const std::string& content_security_policy) {
  struct stat info {};
  const std::filesystem::path file = folder / name;
  if (folder.empty() || !is_safe(name) || ::stat(file.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return problem(404, "there is no such file", head.request_id());
  }
  auto content = helpdesk::read_file(file, max_file_bytes);
  if (!content) return problem(404, "the file cannot be read", head.request_id());
  HttpReply reply;
  const std::string tag = fmt::format("\"{:x}-{:x}-{:x}\"", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  reply.set("ETag", tag);
  reply.set("Cache-Control", "no-cache");
  reply.set("Content-Security-Policy", content_security_policy);
  reply.set("Referrer-Policy", "no-referrer");
  if (names_tag(head.header("if-none-match"), tag)) {
    reply.status = 304;
    return reply;
  }
  reply.content_type = content_type_of(file);
  reply.body = std::move(*content);
  return reply;
}

std::string page_policy(const std::vector<std::string>& frame_ancestors,
                        const std::vector<std::string>& connect_sources) {
  std::string policy = "default-src 'self'; connect-src 'self'";
  for (const std::string& source : connect_sources) policy += " " + source;
  policy += "; base-uri 'none'; object-src 'none'; frame-ancestors";
  if (frame_ancestors.empty()) policy += " 'none'";
  for (const std::string& ancestor : frame_ancestors) policy += " " + ancestor;
  return policy;
}

}  // namespace hdhost
