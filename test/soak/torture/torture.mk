# The core, the lists and the preload library with failing calls (soak/torture/faults.h), always sanitized.

WRAPPED := malloc calloc realloc free dlsym osh_read
TORTURE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

build/torture: $(filter-out soak/torture/napi.c,$(wildcard soak/torture/*.c)) $(CORE) $(PRELOAD) \
		$(HEADERS) $(wildcard soak/torture/*.h) | build
	$(CC) $(CFLAGS) $(TORTURE_FLAGS) -I../src $(filter %.c,$^) \
		$(WRAPPED:%=-Wl,--wrap=%) $$(pkg-config --cflags --libs libmnl) -o $@

# The addon with failing N-API calls. A sanitizer's finding is a trap, because Node has no library for it.
NAPI_WRAPPED := malloc calloc realloc free socket $(addprefix napi_,create_array create_object get_null \
	get_undefined create_int64 create_arraybuffer create_typedarray create_string_latin1 create_string_utf8 \
	create_function call_function create_reference get_reference_value get_instance_data set_instance_data \
	get_cb_info get_value_bool get_value_uint32 set_element define_properties throw_error \
	is_exception_pending get_last_error_info)
NAPI_FLAGS := $(CFLAGS) -fsanitize=undefined -fsanitize-undefined-trap-on-error -fPIC \
	-DNAPI_VERSION=8 -I../src -I$$(node -p 'require("node-api-headers").include_dir')

build/addon.o: ../src/addon/addon.c $(HEADERS) | build
	$(CC) $(NAPI_FLAGS) -Dnapi_register_module_v1=addon_init \
		-Dnode_api_module_get_api_version_v1=addon_version -c $< -o $@

build/torture.node: soak/torture/napi.c build/addon.o $(CORE) $(LAYOUT) $(TEXT) $(HEADERS) | build
	$(CC) $(NAPI_FLAGS) -shared $(filter %.c %.o,$^) $(NAPI_WRAPPED:%=-Wl,--wrap=%) \
		$$(pkg-config --cflags --libs libmnl) -o $@
