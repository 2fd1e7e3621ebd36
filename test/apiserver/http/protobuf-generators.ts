/** What kubectl creates without a file: every one of these is sent as protobuf since 1.33. */
export const GENERATORS = [
  'deployment web --image=nginx --replicas=0 --port=80',
  'deployment web --image=nginx -- sleep 9',
  'configmap settings --from-literal=a=b --from-literal=empty=',
  'secret generic login --from-literal=user=jäger --type=example.dev/login',
  'secret docker-registry pull --docker-username=u --docker-password=p --docker-server=example.com',
  'job once --image=busybox -- echo hi',
  'cronjob nightly --image=busybox --schedule=0~0~*~*~* --restart=Never -- echo hi',
  'service clusterip web --tcp=80:8080 --tcp=90:http',
  'service clusterip headless --clusterip=None',
  'service nodeport web --tcp=80:8080 --node-port=30080',
  'service loadbalancer web --tcp=80:8080',
  'service externalname web --external-name=example.com',
  'namespace team',
  'serviceaccount robot',
  'role reader --verb=get --verb=list --resource=pods --resource-name=web',
  'rolebinding readers --role=reader --serviceaccount=default:robot --user=me --group=us',
  'clusterrole reader --verb=get --non-resource-url=/metrics',
  'clusterrole all --aggregation-rule=example.dev/part=all',
  'clusterrolebinding readers --clusterrole=reader --user=me',
  'quota small --hard=pods=10,requests.cpu=1500m --scopes=NotBestEffort',
  'poddisruptionbudget half --selector=app=web --min-available=50%',
  'poddisruptionbudget most --selector=app=web --max-unavailable=1',
  'priorityclass high --value=1000 --description=first --global-default',
  'ingress web --rule=example.com/*=web:80,tls=cert --class=main --annotation=a=b',
] as const;

/** The words of a generator, with further options before the command that the pods run. `~` stands for a blank in a word. */
export function wordsOf(generator: string, ...options: string[]): string[] {
  const [words = '', command] = generator.split(' -- ');
  const rest = command === undefined ? [] : ['--', ...command.split(' ')];
  return ['create', ...words.split(' ').map((word) => word.replaceAll('~', ' ')), ...options, ...rest];
}
