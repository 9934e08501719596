// SPDX-License-Identifier: Apache-2.0
// What there is to remember of the hub's answer to the request for a file.  Pure.
#pragma once

#include <optional>
#include <string>

#include "http/head.h"
#include "hub/access_ledger.h"
#include "hub/metadata_records.h"
#include "hub/resolve_answer.h"

namespace weir::hub {

// A refusal of the hub: this right, and those above it, are gone.
struct Withdrawal {
  Right right = Right::metadata;
  // public_too: it was said of the repository, which is none that anybody may read: what clients without credentials
  // were told before is over as well.
  enum class Of { asker, public_too } of = Of::asker;

  bool operator==(const Withdrawal&) const = default;
};

struct ToldOfFile {
  std::optional<Right> permits;
  std::optional<Withdrawal> withdraws;
  std::string commit;  // what the revision is; "" when the hub did not say
  std::optional<FileHead> head;
};

// `answer` is what judge_resolve_answer() said of `head`.
ToldOfFile told_of_file(const ResolveAnswer& answer, const http::ResponseHead& head);

// What an answer of the read API or of resolve-cache says of its asker's rights: nothing for a status that says
// nothing.
std::optional<Withdrawal> withdrawn_by(const http::ResponseHead& head);

}  // namespace weir::hub
