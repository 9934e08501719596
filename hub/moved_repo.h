// SPDX-License-Identifier: Apache-2.0
// A repository has got another name, and the hub leads requests for the old one on.  Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"
#include "http/target.h"
#include "hub/metadata_records.h"

namespace weir::hub {

// The answer to keep when the hub's leads from `asked` to the same file or listing under another repository's name, at
// the same host.  Its repository is the one that it leads to: whether a client may be told is a matter of its rights
// there.
std::optional<Answer> moved_answer(std::string_view method, const http::Url& asked, const http::ResponseHead& head,
                                   WallTime now);

// Whether a kept answer is such a redirect.
bool is_moved(const Answer& answer);

}  // namespace weir::hub
