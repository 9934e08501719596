// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/proxy/worker_fixture.h"

namespace weir::proxy {

WorkerFixture::WorkerFixture()
    : store(cas::BlobStore::open({folder / "store"}).value()),
      catalog(hub::Catalog::open(folder / "names.db").value()) {
  upstream::FetchSetup setup;
  setup.is_intercepted = [this](std::string_view host) { return policy.intercepts(host); };
  fetches = std::make_unique<upstream::FetchTable>(std::move(setup), *store, *disk, addresses);
  services.reset(new Services{options, policy, pseudonym, tls.authority->ca_pem(), wall_now(), options.listen.listen,
                              (folder / "store").string(), *disk, *store, *catalog, roles, issued, *fetches,
                              tls.contexts, counters});
  context.reset(new WorkerContext{*services, loop, origin, dialler});
}

// The pool's work ends before the loops that it answers to.
WorkerFixture::~WorkerFixture() {
  disk.reset();
}

}  // namespace weir::proxy
