#include "peers.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>

namespace bench {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr const char* kPhpServer = "/usr/sbin/php-fpm8.2";
constexpr const char* kNginx = "/usr/sbin/nginx";

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool listens(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool taken = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return taken;
}

void wait_until_it_listens(const Peer& peer, const std::filesystem::path& log) {
  const auto give_up_at = std::chrono::steady_clock::now() + kPatience;
  while (!listens(peer.port)) {
    if (std::chrono::steady_clock::now() > give_up_at)
      throw std::runtime_error(fmt::format("{} does not listen: {}", peer.name, content_of(log)));
    ::poll(nullptr, 0, 20);  // between two tries; it has no other way to say that it is ready
  }
}

/// The first line that a command prints; empty when it fails.
std::string first_line(const std::string& command) {
  FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return {};
  char line[256] = "";
  if (std::fgets(line, sizeof line, pipe) == nullptr) line[0] = '\0';
  ::pclose(pipe);
  std::string text(line);
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

/// The children of a process.
std::vector<pid_t> children_of(pid_t process) {
  std::istringstream in(content_of(fmt::format("/proc/{0}/task/{0}/children", process)));
  return {std::istream_iterator<pid_t>(in), {}};
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                 const std::filesystem::path& log)
    : pid_(0) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, 1);
  ::dup2(out, 2);
  for (int file = 3; file < 256; ++file) ::close(file);
  for (const std::string& variable : environment) ::putenv(const_cast<char*>(variable.c_str()));
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

Program::~Program() {
  ::kill(pid_, SIGTERM);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// A copy, because modules are looked up from where the file is, and that folder is not ours to install them in.
Peer start_node(const MariadbData& data, const std::filesystem::path& folder) {
  Peer peer{"Node", "Node " + first_line("node --version"), free_port(), {}, {}};
  if (peer.version == "Node ") throw std::runtime_error("there is no node");
  std::filesystem::create_directories(folder);
  for (const char* file : {"package.json", "server.mjs"}) {
    std::filesystem::remove(folder / file);
    std::ofstream(folder / file) << content_of(peers_folder() / "node" / file);
  }
  if (!std::filesystem::exists(folder / "node_modules/mysql2/package.json")) {
    const std::string command =
        fmt::format("cd '{0}' && npm install --no-audit --no-fund >'{0}/npm.log' 2>&1", folder.string());
    if (std::system(command.c_str()) != 0)
      throw std::runtime_error("npm cannot install mysql2: " + content_of(folder / "npm.log"));
  }
  const std::filesystem::path log = folder / "log";
  peer.programs.push_back(std::make_unique<Program>(
      std::vector<std::string>{"node", (folder / "server.mjs").string()},
      std::vector<std::string>{fmt::format("PORT={}", peer.port), fmt::format("DB_PORT={}", data.port())}, log));
  peer.servers = {peer.programs.front()->pid()};
  wait_until_it_listens(peer, log);
  return peer;
}

// PHP-FPM speaks FastCGI, so nginx stands before it, as in most installations. Only PHP's CPU counts.
Peer start_php(const MariadbData& data, const std::filesystem::path& folder) {
  if (::access(kPhpServer, X_OK) != 0 || ::access(kNginx, X_OK) != 0)
    throw std::runtime_error("there is no php-fpm8.2, or no nginx (php8.2-fpm, php8.2-mysql, nginx-light)");
  if (first_line("php-fpm8.2 -m | grep -x pdo_mysql").empty())
    throw std::runtime_error("PHP lacks pdo_mysql (php8.2-mysql)");
  Peer peer{"PHP-FPM", first_line("php-fpm8.2 -v"), free_port(), {}, {}};
  std::filesystem::create_directories(folder);
  std::string script = content_of(peers_folder() / "php/sidebar.php");
  const std::string port = "port=18300";
  const auto at = script.find(port);
  if (at == std::string::npos) throw std::runtime_error("sidebar.php names no port=18300");
  script.replace(at, port.size(), fmt::format("port={}", data.port()));
  std::ofstream(folder / "sidebar.php") << script;
  const std::filesystem::path socket = data.server().socket() + ".php";
  std::ofstream(folder / "fpm.conf") << fmt::format(
      "[global]\npid = {0}/fpm.pid\nerror_log = {0}/fpm.log\ndaemonize = no\n[www]\n{1}listen = {2}\npm = static\n"
      "pm.max_children = 16\n",
      folder.string(), ::geteuid() == 0 ? "user = root\ngroup = root\n" : "", socket.string());
  std::ofstream(folder / "nginx.conf") << fmt::format(
      "daemon off;\nuser root;\nworker_processes 1;\npid {0}/nginx.pid;\nerror_log {0}/nginx.log;\nevents {{}}\n"
      "http {{ access_log off; client_body_temp_path {0}/tmp; fastcgi_temp_path {0}/tmp; proxy_temp_path {0}/tmp; "
      "uwsgi_temp_path {0}/tmp; scgi_temp_path {0}/tmp; upstream php {{ server unix:{1}; keepalive 16; }} server {{ "
      "listen 127.0.0.1:{2}; location / {{ include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME "
      "{0}/sidebar.php; fastcgi_keep_conn on; fastcgi_pass php; }} }} }}\n",
      folder.string(), socket.string(), peer.port);
  std::filesystem::remove(socket);
  std::vector<std::string> fpm = {kPhpServer, "--nodaemonize", "--fpm-config", (folder / "fpm.conf").string()};
  if (::geteuid() == 0) fpm.emplace_back("--allow-to-run-as-root");
  peer.programs.push_back(std::make_unique<Program>(fpm, std::vector<std::string>{}, folder / "fpm.out"));
  const auto give_up_at = std::chrono::steady_clock::now() + kPatience;
  while (!std::filesystem::exists(socket)) {
    if (std::chrono::steady_clock::now() > give_up_at)
      throw std::runtime_error("PHP-FPM does not listen: " + content_of(folder / "fpm.log"));
    ::poll(nullptr, 0, 20);  // as above
  }
  const std::filesystem::path log = folder / "nginx.out";
  peer.programs.push_back(std::make_unique<Program>(
      std::vector<std::string>{kNginx, "-c", (folder / "nginx.conf").string()}, std::vector<std::string>{}, log));
  wait_until_it_listens(peer, log);
  peer.servers = children_of(peer.programs.front()->pid());
  return peer;
}

double cpu_us(pid_t process) {
  const std::string stat = content_of(fmt::format("/proc/{}/stat", process));
  const auto after_name = stat.rfind(')');
  if (after_name == std::string::npos) throw std::runtime_error("a measured server has ended");
  std::istringstream in(stat.substr(after_name + 1));
  const std::vector<std::string> fields(std::istream_iterator<std::string>(in), {});
  // utime and stime are the fields 14 and 15; state, the first behind the name, is 3.
  const double ticks = std::stod(fields.at(11)) + std::stod(fields.at(12));
  return ticks * 1e6 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double private_mb(pid_t process) {
  std::istringstream in(content_of(fmt::format("/proc/{}/smaps_rollup", process)));
  double kilobytes = 0;
  bool found = false;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("Private_Clean:") || line.starts_with("Private_Dirty:")) {
      kilobytes += std::stod(line.substr(line.find(':') + 1));
      found = true;
    }
  if (!found) throw std::runtime_error("cannot read smaps_rollup of hdhost");
  return kilobytes / 1024;
}

}  // namespace bench
