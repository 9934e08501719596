// SPDX-License-Identifier: Apache-2.0
// URLs of the hub and its CDN as clients see them that have Weir for their hub (HF_ENDPOINT): the hub's own paths stand
// at Weir's root, those of its other hosts under /-/cdn/HOST/.  Pure and immutable; any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "http/fields.h"
#include "http/target.h"

namespace weir::hub {

inline constexpr std::string_view kMirroredHosts = "/-/cdn/";

// What a target under kMirroredHosts stands for.
struct MirroredTarget {
  std::string host;
  std::string target;  // in origin-form

  bool operator==(const MirroredTarget&) const = default;
};

// Nothing when the target is not under kMirroredHosts or names no host (one in the spelling that http::Authority has,
// without a port).
std::optional<MirroredTarget> parse_mirrored(std::string_view target);

class MirrorUrls {
 public:
  // `base` is what the client calls Weir ("http://127.0.0.1:9347"), `hub` the host that stands at its root; `serves`
  // says whether requests for another host are taken.
  MirrorUrls(std::string base, std::string hub, std::function<bool(std::string_view host)> serves)
      : base_(std::move(base)), hub_(std::move(hub)), serves_(std::move(serves)) {}

  // The URL at the mirror that stands for this one.  Nothing for what is no https URL on the usual port, and for hosts
  // that are not served: those are the client's to reach.
  std::optional<std::string> at_mirror(std::string_view url) const;

  // Leads Location and all Link targets to the mirror; relative ones stay.
  void rewrite(http::Fields& answer) const;

 private:
  std::string base_;
  std::string hub_;
  std::function<bool(std::string_view host)> serves_;
};

}  // namespace weir::hub
