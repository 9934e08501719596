// SPDX-License-Identifier: Apache-2.0
// The URLs in [[source]].  They may hold an access grant: nothing here quotes one.  Pure.
#pragma once

#include <string>
#include <string_view>

#include "upstream/options.h"

namespace weir::config {

inline constexpr std::string_view kEndpointExpected = "a URL without a query such as \"https://hub.example.com\"";
inline constexpr std::string_view kPrefixExpected =
    "a URL without a query such as \"https://link.storjshare.io/raw/ACCESS/BUCKET\"";

// Each sets its part of `source`, or returns false: the text is not what it should be.
bool take_source_url(upstream::SourceOptions& source, const std::string& text);
bool take_template(upstream::SourceOptions& source, const std::string& text);
bool take_peer_host(upstream::SourceOptions& source, const std::string& text);

// Whether the URL is https, or http to a numeric address that is off the open internet and that `reach` allows.
bool is_safe(const std::string& url, const upstream::ReachOptions& reach);

// The host of a URL, without its port.
std::string host_of(const std::string& url);

// The URL with *** for its path, where it has one.
std::string without_path(const std::string& url);
// The template with *** for its query, where it has one.
std::string without_query(const std::string& url_template);

}  // namespace weir::config
