// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/proxy/worker_fixture.h"

namespace weir::proxy {

WorkerFixture::WorkerFixture()
    : store(cas::BlobStore::open({folder / "store"}).value()),
      catalog(hub::Catalog::open(folder / "names.db").value()),
      memory(hub::HubMemory::open(folder.path(), {}).value()) {
  upstream::FetchSetup setup;
  setup.is_intercepted = [this](std::string_view host) { return settings->policy.intercepts(host); };
  fetches = std::make_unique<upstream::FetchTable>(std::move(setup), *store, *disk, addresses);
  auto identity = peer::Identity::make().value();
  auto peer_tls = make_peer_tls(identity).value();
  peers = std::make_unique<PeerAccess>(std::move(identity), std::move(peer_tls), folder / "peers");
  services.reset(new Services{pseudonym, *tls.authority, wall_now(), options.listen.listen, (folder / "store").string(),
                              *disk, *store, *catalog, roles, issued, *memory, questions, *fetches, tls.contexts,
                              counters, *peers});
  context.reset(new WorkerContext{*services, loop, origin, dialler, access_log, settings});
}

// The pool's work ends before the loops that it answers to.
WorkerFixture::~WorkerFixture() {
  disk.reset();
}

}  // namespace weir::proxy
