// SPDX-License-Identifier: Apache-2.0
// Asks the hub for a listing and relays it without the Xet hashes of its files (hub/listing_filter.h).  What the hub
// says is remembered, and stands in for it while it cannot be asked.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "proxy/question_queue.h"
#include "proxy/recalled_listing.h"
#include "proxy/services.h"

namespace weir::proxy {

// Whether the hub's answer is remembered, and a remembered one stands in for it.
enum class ListingUse { relayed, remembered };

// `kept` is what is remembered: the hub is asked whether the newest of it holds still.  The turn, if any, ends with the
// exchange.
std::unique_ptr<Exchange> ask_for_listing(WorkerContext& context, Responder& responder, ListingQuestion question,
                                          ListingUse use, hub::KeptAnswers kept,
                                          std::unique_ptr<QuestionQueue::Turn> turn);

}  // namespace weir::proxy
