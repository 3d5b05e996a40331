// hdhost: serves one plugin by HTTP. Wiring, and the watch over a plugin that does not end.
#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/logger.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "config.hpp"
#include "crash_line.hpp"
#include "handler_pool.hpp"
#include "job_runner.hpp"
#include "loaded_plugin.hpp"
#include "log_sink.hpp"
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

// From its making on the plugin's last steps must end in time; else the process does, with one line. Its thread is its
// own, because the one that waits for the plugin cannot watch itself.
class EndWatch {
 public:
  EndWatch(std::chrono::milliseconds limit_ms, const std::string& plugin, spdlog::logger& log)
      : limit_ms_(limit_ms), plugin_(plugin), log_(log) {
    const hdhost::SignalsBlocked blocked;
    thread_ = std::thread([this] { run(); });
  }
  ~EndWatch() {
    {
      const std::lock_guard lock(end_.mutex);
      end_.reached = true;
    }
    end_.changed.notify_all();
    thread_.join();
  }
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;

 private:
  void run() {
    std::unique_lock lock(end_.mutex);
    if (end_.changed.wait_for(lock, limit_ms_, [this] { return end_.reached; })) return;
    log_.error(
        "{}: stop: expected that jobs, stop and destroy end within {} ms, found one that runs on; the process "
        "ends with status {}",
        plugin_, limit_ms_.count(), exit_stuck);
    log_.flush();
    std::_Exit(exit_stuck);
  }

  const std::chrono::milliseconds limit_ms_;
  const std::string plugin_;
  spdlog::logger& log_;
  struct End {
    std::mutex mutex;
    std::condition_variable changed;
    bool reached = false;
  };
  End end_;
  std::thread thread_;
};

int refuse(const helpdesk::Refusal& refusal) {
  hdhost::LogSink::write_gathered();  // what led to it comes first
  fmt::print(stderr, "hdhost: {}\n", refusal.message);
  return exit_refused;
}

// Where the plugin does not start or nothing can be listened to, it is destroyed and watched, too.
int serve(const hdhost::Settings& settings, std::unique_ptr<helpdesk::LoadedPlugin> plugin, spdlog::logger& log,
          const helpdesk::LogSink& sink, std::chrono::milliseconds stop_limit_ms) {
  std::optional<EndWatch> watch;  // outlives the plugin
  const std::unique_ptr<helpdesk::LoadedPlugin> owned = std::move(plugin);
  const auto end_with = [&](int code) {
    watch.emplace(stop_limit_ms, owned->manifest().id, log);
    return code;
  };
  hdhost::Server server(settings, *owned, log);
  if (const auto started = owned->start(); !started) return end_with(refuse(started.error()));
  if (const auto listening = server.listen(); !listening) return end_with(refuse(listening.error()));
  const hdhost::JobRunner jobs(*owned, sink);
  if (server.run()) return end_with(EXIT_SUCCESS);
  log.error("a handler did not return; the process ends without stopping the plugin");
  log.flush();
  std::_Exit(exit_stuck);
}

int run(const std::string& config_file, bool check_only, std::chrono::milliseconds stop_limit_ms) {
  auto config = helpdesk::read_config(config_file);
  if (!config) return refuse(config.error());
  const auto settings = hdhost::read_settings(*config);
  if (!settings) return refuse(settings.error());
  auto manifest = helpdesk::read_manifest(settings->manifest);
  if (!manifest) return refuse(manifest.error());
  const auto plugin_config = helpdesk::plugin_config(*config, *manifest);
  if (!plugin_config) return refuse(plugin_config.error());

  spdlog::logger log("hdhost", std::make_shared<hdhost::LogSink>());
  log.flush_on(spdlog::level::warn);
  log.set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %l %v");
  const helpdesk::LogSink sink = [&log](std::int32_t level, std::string_view line) { log.log(level_of(level), line); };
  auto plugin = helpdesk::LoadedPlugin::open(std::move(*manifest), *plugin_config, std::move(config->secrets),
                                             helpdesk::system_clock(), sink, std::move(config->secret_files));
  if (!plugin) return refuse(plugin.error());
  if (check_only) {
    fmt::print("{}: in order\n", config_file);
    return EXIT_SUCCESS;
  }
  const int code = serve(*settings, std::move(*plugin), log, sink, stop_limit_ms);
  log.info("stopped");
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  // Else each of the many threads that come and go keeps freed memory of its own: 65 MB under load instead of 45.
  constexpr unsigned usual_arenas = 8;
  ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(usual_arenas, std::thread::hardware_concurrency())));
  CLI::App app("Serves one helpdesk plugin by HTTP");
  std::string config_file;
  bool check_only = false;
  std::int64_t stop_limit_ms = 30'000;
  app.add_option("--config", config_file, "The configuration file")->required();
  app.add_flag("--check", check_only, "Check configuration, manifest and plugin, then end");
  app.add_option("--stop-limit-ms", stop_limit_ms, "How long the plugin's jobs, stop and destroy may take at the end")
      ->capture_default_str()
      ->check(CLI::Range(1, 600'000));
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  const helpdesk::CrashStack crash_stack;
  helpdesk::write_line_at_crash("hdhost", &hdhost::LogSink::write_gathered);
  std::atexit(&hdhost::LogSink::write_gathered);  // a plugin may call exit
  raise_file_limit();
  try {
    return run(config_file, check_only, std::chrono::milliseconds(stop_limit_ms));
  } catch (const std::exception& e) {
    fmt::print(stderr, "hdhost: internal error: {}\n", e.what());
    return EXIT_FAILURE;
  }
}
