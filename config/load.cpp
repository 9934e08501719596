// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "config/option.h"
#include "config/sources.h"
#include "config/toml_file.h"

namespace weir::config {
namespace {

constexpr size_t kFileLimit = 1 << 20;
constexpr std::string_view kSourceTable = "source";
constexpr const char* kManySources = "expected [[source]], in two pairs of brackets, for each source";

// Where something was said: "FILE:LINE" or an option of the command line.
std::string at_line(const std::filesystem::path& file, unsigned line) {
  return fmt::format("{}:{}", file.string(), line);
}

Error unknown_key(const std::string& key) {
  if (key == kSourceTable) return {ErrorCode::invalid, kManySources};
  auto section = std::any_of(sections().begin(), sections().end(), [&](auto& each) { return each.name == key; });
  auto hint = section ? fmt::format("expected a section [{}], once", key)
                      : fmt::format("expected a known key; the nearest is {}", nearest_key(key));
  return {ErrorCode::invalid, hint};
}

Result<void> check_tables(const TomlFile& toml, const std::filesystem::path& file) {
  for (const auto& table : toml.array_tables) {
    if (table.key == kSourceTable) continue;
    return fail(unknown_key(table.key).in(at_line(file, table.line) + ": " + log::escaped(table.key)));
  }
  for (const auto& table : toml.tables) {
    if (table.key == kSourceTable)
      return fail(ErrorCode::invalid, fmt::format("{}: source: {}", at_line(file, table.line), kManySources));
    auto known = std::any_of(sections().begin(), sections().end(), [&](auto& each) { return each.name == table.key; });
    if (known) continue;
    if (find_option(table.key))
      return fail(ErrorCode::invalid, fmt::format("{}: {}: expected {}", at_line(file, table.line), table.key,
                                                  find_option(table.key)->expected));
    auto nearest = nearest_section(table.key);
    return fail(ErrorCode::invalid, fmt::format("{}: {}: expected a known section; the nearest is [{}]",
                                                at_line(file, table.line), log::escaped(table.key), nearest));
  }
  return {};
}

Result<void> apply_file(Config& config, const TomlFile& toml, const std::filesystem::path& file,
                        const ValueContext& context) {
  for (const auto& setting : toml.settings) {
    auto place = at_line(file, setting.line) + ": " + log::escaped(setting.key);
    const auto* option = find_option(setting.key);
    if (!option) return fail(unknown_key(setting.key).in(place));
    auto done = option->set(config, setting.value, context);
    if (!done) return fail(done.error().in(place));
  }
  return {};
}

Result<void> apply_overrides(Config& config, const LoadOptions& options, const std::filesystem::path& home) {
  for (const auto& each : options.overrides) {
    auto done = find_option(each.key)->set(config, Scalar(each.value), {options.folder, home});
    if (!done) return fail(done.error().in(each.source));
  }
  return {};
}

// What one key demands of another.
struct Demand {
  std::string key;       // that should be otherwise
  std::string expected;  // what it should be
};

std::optional<Demand> unmet_tls_demand(const Config& config) {
  const auto& listen = config.proxy.listen;
  if (listen.cert.empty() != listen.key.empty())
    return Demand{listen.cert.empty() ? "proxy.key" : "proxy.cert", "expected proxy.cert and proxy.key, or neither"};
  if (listen.tls && !config.proxy_names_given && (!listen.cert.empty() || !listen.listen.address.is_loopback()))
    return Demand{"proxy.tls", "expected proxy.names beside it, with what clients call this proxy"};
  return std::nullopt;
}

std::optional<Demand> unmet_endpoint_demand(const proxy::Options& options) {
  const auto& endpoint = options.endpoint;
  if (endpoint.cert.empty() != endpoint.key.empty())
    return Demand{endpoint.cert.empty() ? "endpoint.key" : "endpoint.cert",
                  "expected endpoint.cert and endpoint.key, or neither"};
  if (endpoint.cert.empty()) return std::nullopt;
  if (endpoint.names.empty())
    return Demand{"endpoint.cert", "expected endpoint.names beside it, with what clients call this machine"};
  if (options.listen.tls)
    return Demand{"endpoint.cert", "expected the certificate in proxy.cert: with proxy.tls it serves the whole port"};
  return std::nullopt;
}

// The names of the port that Weir's CA has to sign for.
std::vector<std::string> names_to_sign_for(const proxy::Options& options) {
  const auto& listen = options.listen;
  const auto& endpoint = options.endpoint;
  std::vector<std::string> names;
  if (listen.tls && listen.cert.empty()) names = listen.names;
  if (listen.tls ? listen.cert.empty() : endpoint.cert.empty())
    names.insert(names.end(), endpoint.names.begin(), endpoint.names.end());
  return names;
}

std::optional<Demand> unmet_demand(const Config& config) {
  const auto& listen = config.proxy.listen;
  bool open = !listen.listen.address.is_loopback();
  if (open && listen.allow.empty())
    return Demand{"proxy.listen", fmt::format("expected a loopback address such as \"127.0.0.1:9347\", or proxy.allow "
                                              "with the clients that may use {}",
                                              listen.listen.text())};
  if (open && !listen.users.empty() && !listen.tls)
    return Demand{"proxy.users", fmt::format("expected proxy.tls = true beside it, or a loopback address to listen on: "
                                             "to {} passwords would travel in clear",
                                             listen.listen.text())};
  const auto& ca = config.ca;
  if (ca.company_certificates.empty() != ca.company_key.empty())
    return Demand{ca.company_key.empty() ? "ca.cert" : "ca.key", "expected ca.cert and ca.key, or neither"};
  if (auto unmet = unmet_tls_demand(config)) return unmet;
  return unmet_endpoint_demand(config.proxy);
}

// Who said `key` last.
std::string place_of(const std::string& key, const TomlFile& toml, const std::filesystem::path& file,
                     const LoadOptions& options) {
  for (auto each = options.overrides.rbegin(); each != options.overrides.rend(); ++each)
    if (each->key == key) return each->source;
  for (const auto& setting : toml.settings)
    if (setting.key == key) return at_line(file, setting.line) + ": " + key;
  return key;
}

}  // namespace

Config default_config(const Locations& locations) {
  Config config;
  config.store.root = locations.data / "store";
  config.ca.folder = locations.data / "ca";
  config.ca.hosts = config.proxy.intercept.hosts;
  return config;
}

Result<Config> parse(std::string_view text, const std::filesystem::path& file, const Locations& locations,
                     const LoadOptions& options) {
  auto toml = read_toml(text);
  if (!toml)
    return fail(ErrorCode::invalid, fmt::format("{}: expected TOML: {}", at_line(file, toml.error().line),
                                                log::escaped(toml.error().message)));
  auto config = default_config(locations);
  config.file = file;
  TRY(check_tables(*toml, file));
  TRY(apply_file(config, *toml, file, {file.parent_path(), locations.home}));
  TRY(apply_overrides(config, options, locations.home));
  TRY(read_sources(config, *toml, file));
  if (auto unmet = unmet_demand(config))
    return fail(ErrorCode::invalid, place_of(unmet->key, *toml, file, options) + ": " + unmet->expected);
  config.ca.hosts = config.proxy.intercept.hosts;
  auto names = names_to_sign_for(config.proxy);
  config.ca.hosts.insert(config.ca.hosts.end(), names.begin(), names.end());
  return config;
}

Result<void> check_together(const Config& config) {
  if (auto unmet = unmet_demand(config)) return fail(ErrorCode::invalid, unmet->key + ": " + unmet->expected);
  return {};
}

namespace {

Result<Config> load_file(const LoadOptions& options, const Environment& environment) {
  TRY_ASSIGN(auto locations, locations_of(environment));
  auto file = options.file.empty() ? find_config_file(environment, locations) : options.file;
  if (file.empty()) return parse("", file, locations, options);
  file = resolve_path(file.string(), options.folder, locations.home);
  auto text = read_file(file, kFileLimit);
  if (!text) return fail(ErrorCode::invalid, text.error().message);
  if (!*text) return fail(ErrorCode::invalid, file.string() + ": expected a configuration file, but there is none");
  return parse(**text, file, locations, options);
}

}  // namespace

Result<Config> load(const LoadOptions& options, const Environment& environment) {
  TRY_ASSIGN(auto config, load_file(options, environment));
  auto no_storj = environment.find("WEIR_NO_STORJ");
  if (no_storj != environment.end()) TRY(apply_no_storj(config, no_storj->second));
  return config;
}

}  // namespace weir::config
