internal import CLibevent
internal import Glibc

/// One client's connection, from accept to close. Confined to its loop's thread.
final class Connection {
    let server: LoopServer
    let descriptor: Int32
    let handle: OpaquePointer
    let bufferevent: OpaquePointer

    /// The request that is being answered; evhttp shows them one at a time.
    var request: Request?
    var task: Task<Void, Never>?
    /// When it was accepted or the last reply was handed over: what draining calls idle counts from here.
    var lastActivity: UInt64
    private(set) var isClosed = false

    init(server: LoopServer, handle: OpaquePointer, bufferevent: OpaquePointer) {
        self.server = server
        self.handle = handle
        self.bufferevent = bufferevent
        self.descriptor = bufferevent_getfd(bufferevent)
        self.lastActivity = MonotonicClock.now
        // Released by the callback, which evhttp makes exactly once, before it frees the connection.
        let this = Unmanaged.passRetained(self).toOpaque()
        evhttp_connection_set_closecb(
            handle,
            { _, context in
                let connection = Unmanaged<Connection>.fromOpaque(context!).takeRetainedValue()
                connection.server.loop.withoutJobs { connection.closed() }
            }, this)
    }

    private func closed() {
        isClosed = true
        task?.cancel()
        server.remove(self)
    }

    /// No request is being read, answered or written, as far as evhttp lets us see.
    var isIdle: Bool {
        guard request == nil, evbuffer_get_length(bufferevent_get_output(bufferevent)) == 0,
            evbuffer_get_length(bufferevent_get_input(bufferevent)) == 0
        else { return false }
        return !isReadable(descriptor)
    }

    func close() { evhttp_connection_free(handle) }

    /// Lets a disconnect be noticed while a handler waits: evhttp stops reading during that time. A client that only
    /// closes its sending half can't be told from one that leaves.
    ///
    /// The read callback must be gone first. With it, a pipelined byte would make evhttp end the process ("illegal
    /// connection state"); without it, input waits in the buffer, up to its high watermark.
    func watchForDisconnect() {
        removeReadCallback()
        bufferevent_enable(bufferevent, Int16(EV_READ))
    }

    private func removeReadCallback() {
        var write: bufferevent_data_cb?
        var event: bufferevent_event_cb?
        var context: UnsafeMutableRawPointer?
        bufferevent_getcb(bufferevent, nil, &write, &event, &context)
        bufferevent_setcb(bufferevent, nil, write, event, context)
    }
}
