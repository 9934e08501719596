// SPDX-License-Identifier: Apache-2.0
// The environment that makes every client use Weir, as its proxy or as its hub, and trust it, and the way back.  Pure:
// the environment that was found goes in, assignments come out.
//
// What Weir replaces is kept in WEIR_SAVED_<NAME> (absent: there was nothing), and what it set in WEIR_PROXY or
// WEIR_ENDPOINT, WEIR_CA and WEIR_CA_BUNDLE.  So the same can be worked out again from an environment that is Weir's
// already, and all of it taken back.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/locations.h"
#include "upstream/options.h"

namespace weir::cli {

using config::Environment;

struct Assignment {
  std::string name;
  std::optional<std::string> value;  // nothing: the variable is to go

  bool operator==(const Assignment&) const = default;
};

struct EnvironmentPlan {
  std::vector<Assignment> assignments;
  std::vector<std::string> warnings;  // a sentence each

  bool operator==(const EnvironmentPlan&) const = default;
};

// What clients are led to.
struct ProxyFacts {
  std::string proxy_url;              // "http://127.0.0.1:9347"
  std::filesystem::path ca_file;      // Weir's CA alone
  std::filesystem::path bundle_file;  // the user's roots and Weir's CA; in the same folder
  std::vector<std::string> hosts;     // that are intercepted, with everything under them
  std::vector<std::string> except;    // but for these
  // What Weir itself goes through.
  upstream::ProxySetting::Source parent = upstream::ProxySetting::Source::environment;
};

// Sets all that the clients need.
EnvironmentPlan plan_environment(const Environment& found, const ProxyFacts& facts);

// How clients reach a Weir that they have for their hub.
struct EndpointFacts {
  std::string url;   // "http://127.0.0.1:9347"
  std::string host;  // in it
  // As above; empty where clients need not trust Weir's CA.
  std::filesystem::path ca_file;
  std::filesystem::path bundle_file;
};

// Sets HF_ENDPOINT and what it needs, and takes the proxy back if it is Weir.
EnvironmentPlan plan_endpoint(const Environment& found, const EndpointFacts& facts);

// Takes it back.  A value that the user has changed since is left alone.
EnvironmentPlan plan_restoration(const Environment& found);

// The variables that Weir sets, as they are without Weir: absent where the user has none.  `ca_folder` holds Weir's CA
// and bundles: a variable that names a file in it is Weir's doing, whatever else the environment says.
Environment users_environment(const Environment& found, const std::filesystem::path& ca_folder);

// The user's proxies for https URLs, the variable that libcurl prefers first: https_proxy, HTTPS_PROXY, all_proxy,
// ALL_PROXY.  Without empty ones, those that name Weir by what `weir env` has set, and those that say the same again.
struct NamedProxy {
  std::string variable;
  std::string url;  // may hold a password

  bool operator==(const NamedProxy&) const = default;
};
std::vector<NamedProxy> users_proxies(const Environment& found);

// The user's own list of hosts without a proxy: no_proxy, else NO_PROXY.
std::string users_no_proxy(const Environment& found);

Environment applied(Environment environment, const std::vector<Assignment>& assignments);

// Whether an entry of NO_PROXY keeps clients from reaching some intercepted host through the proxy: "*", a host or a
// domain above or below one of `hosts`, with or without a leading dot or "*.", and with or without a port.
bool no_proxy_covers(std::string_view entry, const std::vector<std::string>& hosts,
                     const std::vector<std::string>& except);

}  // namespace weir::cli
