// SPDX-License-Identifier: Apache-2.0
#include "hub/host_roles.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "http/text.h"

namespace weir::hub {
namespace {

enum class Match {
  exact,   // the very name
  within,  // the name and everything under it
  prefix,  // one label that begins with the text before '*', directly under the rest
};

struct Rule {
  Match match;
  std::string_view pattern;
  Role role;
};

// The first that matches decides.
constexpr std::array kRules = {
    Rule{Match::exact, "huggingface.co", Role::hub},
    Rule{Match::exact, "www.huggingface.co", Role::hub},
    Rule{Match::exact, "hub-ci.huggingface.co", Role::hub},
    Rule{Match::exact, "hf.co", Role::hub},
    Rule{Match::exact, "www.hf.co", Role::hub},
    Rule{Match::exact, "huggingface.com", Role::hub},
    Rule{Match::exact, "www.huggingface.com", Role::hub},
    Rule{Match::exact, "huggingface.cn", Role::hub},
    Rule{Match::exact, "www.huggingface.cn", Role::hub},

    Rule{Match::exact, "datasets-server.huggingface.co", Role::api},
    Rule{Match::exact, "api-inference.huggingface.co", Role::api},
    Rule{Match::exact, "router.huggingface.co", Role::api},
    Rule{Match::exact, "api.huggingface.co", Role::api},

    Rule{Match::prefix, "cas-server*.xethub.hf.co", Role::cas},

    Rule{Match::prefix, "cas-bridge*.xethub.hf.co", Role::cdn},
    Rule{Match::prefix, "transfer*.xethub.hf.co", Role::cdn},
    Rule{Match::within, "cdn.hf.co", Role::cdn},
    Rule{Match::within, "cdn.huggingface.co", Role::cdn},
    Rule{Match::prefix, "cdn-*.hf.co", Role::cdn},
    Rule{Match::prefix, "cdn-*.huggingface.co", Role::cdn},
    Rule{Match::prefix, "cdn-*.huggingface.com", Role::cdn},
    Rule{Match::exact, "lfs.huggingface.co", Role::cdn},
};

bool is_within(std::string_view host, std::string_view zone) {
  if (!host.ends_with(zone)) return false;
  return host.size() == zone.size() || host[host.size() - zone.size() - 1] == '.';
}

bool has_prefix(std::string_view host, std::string_view pattern) {
  auto star = pattern.find('*');
  auto label_end = host.find('.');
  return label_end != std::string_view::npos && host.substr(0, label_end).starts_with(pattern.substr(0, star)) &&
         host.substr(label_end) == pattern.substr(star + 1);
}

bool matches(const Rule& rule, std::string_view host) {
  switch (rule.match) {
    case Match::exact:
      return host == rule.pattern;
    case Match::within:
      return is_within(host, rule.pattern);
    case Match::prefix:
      return has_prefix(host, rule.pattern);
  }
  return false;
}

Role role_of_plain(std::string_view host) {
  auto rule = std::find_if(kRules.begin(), kRules.end(), [host](const Rule& each) { return matches(each, host); });
  return rule == kRules.end() ? Role::other : rule->role;
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::hub:
      return "hub";
    case Role::api:
      return "api";
    case Role::cas:
      return "cas";
    case Role::cdn:
      return "cdn";
    case Role::other:
      break;
  }
  return "other";
}

std::string plain_host(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return http::lower_case(host);
}

Role role_of(std::string_view host) {
  return role_of_plain(plain_host(host));
}

Role HostRoles::of(std::string_view host) const {
  auto plain = plain_host(host);
  Role role = role_of_plain(plain);
  if (role != Role::other) return role;
  std::shared_lock lock(mutex_);
  return learnt_.contains(plain) ? Role::cdn : Role::other;
}

void HostRoles::learn_cdn(std::string_view host) {
  auto plain = plain_host(host);
  if (role_of_plain(plain) != Role::other) return;
  std::unique_lock lock(mutex_);
  if (learnt_.size() < kMaxLearnt) learnt_.insert(std::move(plain));
}

}  // namespace weir::hub
