// SPDX-License-Identifier: Apache-2.0
#include "cli/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"

namespace weir::cli {
namespace {

constexpr const char* kSetProxy = "WEIR_PROXY";
constexpr const char* kSetEndpoint = "WEIR_ENDPOINT";
constexpr const char* kSetEndpointHost = "WEIR_ENDPOINT_HOST";
constexpr const char* kSetCa = "WEIR_CA";
constexpr const char* kSetBundle = "WEIR_CA_BUNDLE";
constexpr const char* kSavedPrefix = "WEIR_SAVED_";
constexpr std::string_view kLoopback[] = {"localhost", "127.0.0.1", "::1"};

// What a variable is for.
enum class Role { proxy, no_proxy, bundle, ca, flag, endpoint };

struct Variable {
  const char* name;
  Role role;
};

constexpr std::array kVariables = {
    Variable{"HTTPS_PROXY", Role::proxy},           Variable{"https_proxy", Role::proxy},
    Variable{"NO_PROXY", Role::no_proxy},           Variable{"no_proxy", Role::no_proxy},
    Variable{"SSL_CERT_FILE", Role::bundle},        Variable{"REQUESTS_CA_BUNDLE", Role::bundle},
    Variable{"CURL_CA_BUNDLE", Role::bundle},       Variable{"GIT_SSL_CAINFO", Role::bundle},
    Variable{"NODE_EXTRA_CA_CERTS", Role::ca},      Variable{"NODE_USE_ENV_PROXY", Role::flag},
    Variable{"GIT_PROXY_SSL_CAINFO", Role::bundle}, Variable{"HF_ENDPOINT", Role::endpoint},
};

// What is to be set; what is empty is left to the user.
struct Wanted {
  std::string proxy_url;
  std::string endpoint_url;
  std::string endpoint_host;
  std::filesystem::path ca_file;
  std::filesystem::path bundle_file;
};

std::optional<std::string> value_in(const Environment& environment, const std::string& name) {
  auto found = environment.find(name);
  return found == environment.end() ? std::nullopt : std::optional(found->second);
}

std::string_view trimmed(std::string_view text) {
  auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The entries of a NO_PROXY, which are parted by commas.
std::vector<std::string_view> entries_of(std::string_view list) {
  std::vector<std::string_view> entries;
  while (!list.empty()) {
    auto end = std::min(list.find(','), list.size());
    auto entry = trimmed(list.substr(0, end));
    if (!entry.empty()) entries.push_back(entry);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return entries;
}

// The list with the names of loopback and that of the endpoint (empty: none), each once.
std::string with_weirs_hosts(const std::string& list, std::string_view endpoint_host) {
  auto entries = entries_of(list);
  auto out = std::string(trimmed(list));
  auto add = [&](std::string_view name) {
    if (name.empty() || std::find(entries.begin(), entries.end(), name) != entries.end()) return;
    if (!out.empty() && !out.ends_with(',')) out += ',';
    out += name;
  };
  for (auto name : kLoopback) add(name);
  bool loopback = std::find(std::begin(kLoopback), std::end(kLoopback), endpoint_host) != std::end(kLoopback);
  if (!loopback) add(endpoint_host);
  return out;
}

// The user's list for one spelling of NO_PROXY: programs read one or the other, so the one that is set serves for both.
std::string no_proxy_of(const Environment& users, const std::string& name) {
  auto own = value_in(users, name);
  if (own) return *own;
  return value_in(users, name == "NO_PROXY" ? "no_proxy" : "NO_PROXY").value_or("");
}

// What Weir kept of the user's values.
Environment saved_values(const Environment& found) {
  Environment saved;
  for (const auto& variable : kVariables)
    if (auto value = value_in(found, std::string(kSavedPrefix) + variable.name)) saved[variable.name] = *value;
  return saved;
}

bool is_weirs_file(const std::string& value, const Environment& found, const std::filesystem::path& ca_folder) {
  if (value.empty()) return false;
  if (!ca_folder.empty() && std::filesystem::path(value).parent_path() == ca_folder) return true;
  return value == value_in(found, kSetCa) || value == value_in(found, kSetBundle);
}

// Whether a value that was found is what Weir has set.
bool is_weirs(const Variable& variable, const std::string& value, const Environment& found,
              const std::filesystem::path& ca_folder) {
  bool in_force = found.contains(kSetProxy) || found.contains(kSetEndpoint);
  switch (variable.role) {
    case Role::proxy:
      return value == value_in(found, kSetProxy);
    case Role::no_proxy:
      return in_force && value == with_weirs_hosts(no_proxy_of(saved_values(found), variable.name),
                                                   value_in(found, kSetEndpointHost).value_or(""));
    case Role::bundle:
    case Role::ca:
      return is_weirs_file(value, found, ca_folder);
    case Role::endpoint:
      return value == value_in(found, kSetEndpoint);
    case Role::flag:
      break;
  }
  return found.contains(kSetProxy) && value == "1";
}

// "" for a variable that is to be the user's.
std::string weirs_value(const Variable& variable, const Environment& users, const Wanted& wanted) {
  switch (variable.role) {
    case Role::proxy:
      return wanted.proxy_url;
    case Role::endpoint:
      return wanted.endpoint_url;
    case Role::no_proxy:
      return with_weirs_hosts(no_proxy_of(users, variable.name), wanted.endpoint_host);
    case Role::bundle:
      return wanted.bundle_file.string();
    // Node takes one file, and adds it to its own roots: the bundle holds the user's too.
    case Role::ca:
      return users.contains(variable.name) ? wanted.bundle_file.string() : wanted.ca_file.string();
    case Role::flag:
      break;
  }
  return wanted.proxy_url.empty() ? "" : "1";
}

std::vector<Assignment> plan_wanted(const Environment& found, const Environment& users,
                                    const std::filesystem::path& ca_folder, const Wanted& wanted) {
  std::vector<Assignment> assignments;
  for (const auto& variable : kVariables) {
    auto value = weirs_value(variable, users, wanted);
    auto standing = value_in(found, variable.name);
    if (!value.empty()) {
      assignments.push_back({variable.name, value});
    } else if (standing && is_weirs(variable, *standing, found, ca_folder)) {
      assignments.push_back({variable.name, value_in(users, variable.name)});
    }
  }
  auto mark = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      assignments.push_back({name, value});
    } else if (found.contains(name)) {
      assignments.push_back({name, std::nullopt});
    }
  };
  mark(kSetProxy, wanted.proxy_url);
  mark(kSetEndpoint, wanted.endpoint_url);
  mark(kSetEndpointHost, wanted.endpoint_host);
  mark(kSetCa, wanted.ca_file.string());
  mark(kSetBundle, wanted.bundle_file.string());
  return assignments;
}

void plan_saving(const Environment& found, const Environment& users, std::vector<Assignment>& assignments) {
  for (const auto& variable : kVariables) {
    auto name = std::string(kSavedPrefix) + variable.name;
    auto value = value_in(users, variable.name);
    if (value || found.contains(name)) assignments.push_back({name, value});
  }
}

void warn_of_no_proxy(const Environment& users, const ProxyFacts& facts, std::vector<std::string>& warnings) {
  std::vector<std::string_view> warned;
  for (const auto* name : {"NO_PROXY", "no_proxy"}) {
    auto value = users.find(name);
    if (value == users.end()) continue;
    for (auto entry : entries_of(value->second)) {
      if (std::find(warned.begin(), warned.end(), entry) != warned.end()) continue;
      if (!no_proxy_covers(entry, facts.hosts, facts.except)) continue;
      warned.push_back(entry);
      warnings.push_back(fmt::format(
          "\"{}\" in {} keeps clients from reaching the hub through Weir: take it out to have its files kept",
          log::escaped(entry), name));
    }
  }
}

// What becomes of a proxy in whose place Weir is set.
std::string_view use_of(const std::string& url, upstream::ProxySetting::Source parent) {
  if (parent != upstream::ProxySetting::Source::environment)
    return "Weir takes its place, and itself heeds [origin] proxy alone";
  if (!upstream::ParentProxy::parse(url)) return "Weir takes its place, and does without it, for it cannot be used";
  return "Weir takes its place, and goes through it itself when it was started with it";
}

void warn_of_other_proxy(const Environment& users, upstream::ProxySetting::Source parent,
                         std::vector<std::string>& warnings) {
  for (const auto* name : {"HTTPS_PROXY", "https_proxy"}) {
    auto value = users.find(name);
    if (value == users.end() || value->second.empty()) continue;
    warnings.push_back(fmt::format("{} named another proxy; {}", name, use_of(value->second, parent)));
    return;
  }
}

// `name` is `domain` or lies under it.
bool lies_in(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  return name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.';
}

bool lies_in_any(std::string_view name, const std::vector<std::string>& domains) {
  return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) { return lies_in(name, domain); });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return out;
}

// The domain that an entry of NO_PROXY names: without port, leading "*." or "." and trailing dot.
std::string domain_of(std::string_view entry) {
  auto domain = lower_case(entry.substr(0, entry.find(':')));
  if (domain.starts_with("*.")) domain.erase(0, 1);
  while (domain.starts_with('.')) domain.erase(0, 1);
  while (domain.ends_with('.')) domain.pop_back();
  return domain;
}

}  // namespace

bool no_proxy_covers(std::string_view entry, const std::vector<std::string>& hosts,
                     const std::vector<std::string>& except) {
  if (trimmed(entry) == "*") return true;
  auto domain = domain_of(trimmed(entry));
  if (domain.empty() || lies_in_any(domain, except)) return false;
  bool above = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) { return lies_in(host, domain); });
  return above || lies_in_any(domain, hosts);
}

Environment users_environment(const Environment& found, const std::filesystem::path& ca_folder) {
  auto saved = saved_values(found);
  Environment users;
  for (const auto& variable : kVariables) {
    auto value = value_in(found, variable.name);
    if (value && is_weirs(variable, *value, found, ca_folder)) value = value_in(saved, variable.name);
    if (value) users[variable.name] = *value;
  }
  return users;
}

std::vector<NamedProxy> users_proxies(const Environment& found) {
  auto users = users_environment(found, {});
  std::vector<NamedProxy> proxies;
  for (const auto* name : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    auto value = value_in(users, name);
    // Weir sets no ALL_PROXY: it is the user's as it was found.
    if (!value) value = value_in(found, name);
    if (!value || value->empty() || value == value_in(found, kSetProxy)) continue;
    bool known = std::any_of(proxies.begin(), proxies.end(), [&](const auto& proxy) { return proxy.url == *value; });
    if (!known) proxies.push_back({name, *value});
  }
  return proxies;
}

std::string users_no_proxy(const Environment& found) {
  return no_proxy_of(users_environment(found, {}), "no_proxy");
}

EnvironmentPlan plan_environment(const Environment& found, const ProxyFacts& facts) {
  auto users = users_environment(found, facts.ca_file.parent_path());
  EnvironmentPlan plan;
  plan.assignments = plan_wanted(found, users, facts.ca_file.parent_path(),
                                 {facts.proxy_url, "", "", facts.ca_file, facts.bundle_file});
  plan_saving(found, users, plan.assignments);
  warn_of_no_proxy(users, facts, plan.warnings);
  warn_of_other_proxy(users, facts.parent, plan.warnings);
  return plan;
}

EnvironmentPlan plan_endpoint(const Environment& found, const EndpointFacts& facts) {
  auto ca_folder = facts.ca_file.parent_path();
  auto users = users_environment(found, ca_folder);
  EnvironmentPlan plan;
  plan.assignments =
      plan_wanted(found, users, ca_folder, {"", facts.url, facts.host, facts.ca_file, facts.bundle_file});
  plan_saving(found, users, plan.assignments);
  return plan;
}

EnvironmentPlan plan_restoration(const Environment& found) {
  EnvironmentPlan plan;
  if (!found.contains(kSetProxy) && !found.contains(kSetEndpoint)) return plan;
  auto saved = saved_values(found);
  for (const auto& variable : kVariables) {
    auto value = value_in(found, variable.name);
    if (value && is_weirs(variable, *value, found, {}))
      plan.assignments.push_back({variable.name, value_in(saved, variable.name)});
  }
  for (const auto& [name, value] : saved) plan.assignments.push_back({kSavedPrefix + name, std::nullopt});
  for (const auto* name : {kSetProxy, kSetEndpoint, kSetEndpointHost, kSetCa, kSetBundle})
    if (found.contains(name)) plan.assignments.push_back({name, std::nullopt});
  return plan;
}

Environment applied(Environment environment, const std::vector<Assignment>& assignments) {
  for (const auto& assignment : assignments) {
    if (assignment.value) {
      environment[assignment.name] = *assignment.value;
    } else {
      environment.erase(assignment.name);
    }
  }
  return environment;
}

}  // namespace weir::cli
