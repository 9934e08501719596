// SPDX-License-Identifier: Apache-2.0
// weir-load: puts a load on a server and prints what it measured as one line of JSON.
#include <fcntl.h>
#include <fmt/core.h>
#include <openssl/ssl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "load/load.h"

namespace weir::bench {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

// A client's, which believes the CAs in `ca_file` and offers no old session.
Result<Context> make_context(const std::string& ca_file) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1)
    return fail(ErrorCode::invalid, fmt::format("'{}' holds no CA", ca_file));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
  return context;
}

// The bytes of a file, for as long as the program runs.
Result<std::string_view> map_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return fail(errno_error(path));
  auto size = static_cast<size_t>(status.st_size);
  void* bytes = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  if (bytes == MAP_FAILED) return fail(errno_error(path));
  return std::string_view(static_cast<const char*>(bytes), size);
}

nlohmann::json spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {{"min", values.front()}, {"median", values[values.size() / 2]}, {"max", values.back()}};
}

struct Arguments {
  Plan plan;
  std::string ca_file;
  std::string expected_file;
};

void define(CLI::App& app, Arguments& arguments) {
  auto& plan = arguments.plan;
  app.add_option("target", plan.target, "what to ask for; {} in it stands for a file's number")->required();
  app.add_option("--address", plan.server.address, "the server's IPv4 address")->default_val("127.0.0.1");
  app.add_option("--port", plan.server.port, "its port")->required();
  app.add_option("--host", plan.server.host, "the name in Host and SNI")->required();
  app.add_option("--connect", plan.server.connect, "the address is a proxy's; ask it for a tunnel to this port");
  app.add_option("--ca", arguments.ca_file, "speak TLS and believe the CAs in this file");
  app.add_option("--connections", plan.connections, "at a time")->check(CLI::Range(1, 1000));
  app.add_option("--requests", plan.requests, "in all")->check(CLI::PositiveNumber);
  app.add_option("--files", plan.files, "numbers that {} runs through")->check(CLI::PositiveNumber);
  app.add_option("--size", plan.size, "of each file, in bytes");
  app.add_option("--piece", plan.piece, "ask for pieces of so many bytes; needs --size");
  app.add_option("--window", plan.window, "the pieces out of order, but within so many")->check(CLI::PositiveNumber);
  app.add_flag("--connect-each", plan.connect_each, "a new connection for each request");
  app.add_option("--expected", arguments.expected_file, "compare each byte with those of this file");
}

Result<Report> run(Arguments& arguments) {
  Context context;
  if (arguments.plan.piece > 0 && arguments.plan.size == 0)
    return fail(ErrorCode::invalid, "--piece needs --size, the size of the file");
  if (!arguments.ca_file.empty()) {
    TRY_ASSIGN(context, make_context(arguments.ca_file));
    arguments.plan.server.context = context.get();
  }
  if (!arguments.expected_file.empty()) {
    TRY_ASSIGN(arguments.plan.expected, map_file(arguments.expected_file));
  }
  return put_load(arguments.plan);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  using namespace weir::bench;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Puts a load on a server, throws the bodies away, and prints what it measured.", "weir-load");
  Arguments arguments;
  define(app, arguments);
  CLI11_PARSE(app, argc, argv);
  auto report = run(arguments);
  if (!report) {
    fmt::print(stderr, "weir-load: {}\n", report.error().message);
    return report.error().code == weir::ErrorCode::digest_mismatch ? 3 : 1;
  }
  nlohmann::json json{{"seconds", report->seconds},
                      {"requests", report->requests},
                      {"bytes", report->bytes},
                      {"first_byte", spread(report->first_byte_seconds)},
                      {"whole", spread(report->whole_seconds)}};
  fmt::print("{}\n", json.dump());
  return 0;
}
