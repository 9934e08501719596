// SPDX-License-Identifier: Apache-2.0
// What is remembered of the hub's read API (infos, trees and their pages, refs), and whom it may answer.  Pure: the
// ledger and the time are arguments.
//
// An answer is given to whom the hub gave it, or to anybody when it was given to a client without credentials; and only
// while the hub's yes to the one or the other, for the repository that the answer is of, holds.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/head.h"
#include "hub/access_ledger.h"
#include "hub/metadata_records.h"
#include "hub/repo_file.h"

namespace weir::hub {

// Whether the answer depends on what listing_name() holds and on nothing else.
bool is_plain_listing(const http::RequestHead& request);
// HEAD has the name of GET.  `body` is that of a POST.
AnswerName listing_name(const Asker& asker, const http::RequestHead& request, std::string_view host,
                        std::string_view body);

// Whether the hub's 200 varies by nothing that the name lacks.
bool is_kept_listing(const http::Fields& ok);
// What of it is kept: kept_fields(), the links to other pages, and the hub's ETag.
http::Fields kept_listing_fields(const http::Fields& ok);
// Makes the hub's fields those of the edited body: its ETag would be that of other bytes, so the edited one's is made
// from it, weak; there is none without it.
void mark_edited(http::Fields& fields);
// The commit that the answer says it is about, as it says so; "" when it does not.
std::string commit_in(const Answer& answer);

struct ListingTerms {
  Asker asker;
  // What is said of a commit stays true; what is said of a branch is asked again after revision_ttl, and so is where a
  // repository has moved.
  enum class Validity { revision_ttl, for_ever } validity = Validity::revision_ttl;
  Duration revision_ttl{0};
};

// The remembered answers to one request; null where there is none.
struct KeptAnswers {
  std::shared_ptr<const Answer> own;   // the hub's to this very asker
  std::shared_ptr<const Answer> open;  // the hub's to a client without credentials; null when the asker is one

  std::shared_ptr<const Answer> newest() const;
};

// The answer that may be given without asking the hub; null when it must be asked.
std::shared_ptr<const Answer> answer_now(const ListingTerms& terms, const KeptAnswers& kept, const AccessLedger& ledger,
                                         const Moment& now);
// The one that may be given while the hub cannot be asked, however old; null when there is none.
std::shared_ptr<const Answer> answer_offline(const ListingTerms& terms, const KeptAnswers& kept,
                                             const AccessLedger& ledger, WallTime now);

}  // namespace weir::hub
