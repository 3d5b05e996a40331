// hdhost: serves one plugin by HTTP. Wiring only.
#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>

#include "config.hpp"
#include "job_runner.hpp"
#include "loaded_plugin.hpp"
#include "server.hpp"
#include "settings.hpp"

namespace {

constexpr int exit_refused = 1;
constexpr int exit_stuck = 3;

spdlog::level::level_enum level_of(std::int32_t level) {
  switch (level) {
    case HD_LOG_DEBUG:
      return spdlog::level::debug;
    case HD_LOG_INFO:
      return spdlog::level::info;
    case HD_LOG_WARNING:
      return spdlog::level::warn;
    default:
      return spdlog::level::err;
  }
}

// One descriptor a connection, and some for the plugin.
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int refuse(const helpdesk::Refusal& refusal) {
  fmt::print(stderr, "hdhost: {}\n", refusal.message);
  return exit_refused;
}

int serve(const hdhost::Settings& settings, helpdesk::LoadedPlugin& plugin, spdlog::logger& log,
          const helpdesk::LogSink& sink) {
  hdhost::Server server(settings, plugin, log);
  if (const auto started = plugin.start(); !started) return refuse(started.error());
  if (const auto listening = server.listen(); !listening) return refuse(listening.error());
  const hdhost::JobRunner jobs(plugin, sink);
  if (server.run()) return EXIT_SUCCESS;
  log.error("a handler did not return; the process ends without stopping the plugin");
  log.flush();
  std::_Exit(exit_stuck);
}

int run(const std::string& config_file, bool check_only) {
  auto config = helpdesk::read_config(config_file);
  if (!config) return refuse(config.error());
  const auto settings = hdhost::read_settings(*config);
  if (!settings) return refuse(settings.error());
  auto manifest = helpdesk::read_manifest(settings->manifest);
  if (!manifest) return refuse(manifest.error());
  const auto plugin_config = helpdesk::plugin_config(*config, *manifest);
  if (!plugin_config) return refuse(plugin_config.error());

  spdlog::logger log("hdhost", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log.set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %l %v");
  const helpdesk::LogSink sink = [&log](std::int32_t level, std::string_view line) { log.log(level_of(level), line); };
  auto plugin = helpdesk::LoadedPlugin::open(std::move(*manifest), *plugin_config, std::move(config->secrets),
                                             helpdesk::system_clock(), sink);
  if (!plugin) return refuse(plugin.error());
  if (check_only) {
    fmt::print("{}: in order\n", config_file);
    return EXIT_SUCCESS;
  }
  const int code = serve(*settings, **plugin, log, sink);
  plugin->reset();
  log.info("stopped");
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Serves one helpdesk plugin by HTTP");
  std::string config_file;
  bool check_only = false;
  app.add_option("--config", config_file, "The configuration file")->required();
  app.add_flag("--check", check_only, "Check configuration, manifest and plugin, then end");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  raise_file_limit();
  try {
    return run(config_file, check_only);
  } catch (const std::exception& e) {
    fmt::print(stderr, "hdhost: internal error: {}\n", e.what());
    return EXIT_FAILURE;
  }
}
